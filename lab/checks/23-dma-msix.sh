# vm: host
# boot: pair
# needs: interlock_tsm interlock_dma

# The host's own driver of the function: memory by DMA, the end by MSI-X.
engine=/dev/interlock_dma-$(basename "$(fn 0)")

# The IOMMU lets nobody through until the TSM's module has set it up.
with_driver()
{
	with_tsm
	load interlock_dma
	until_true 5 [ -e "$engine" ] || fail "no $engine"
}

moves_memory()
{
	local n
	with_driver
	for n in 1 4096 4097 1048576; do
		wrote 0 "$engine" "copy shared shared $n"
	done
	unload interlock_dma
}

interrupts()
{
	local kind first last
	with_driver
	wrote 0 "$engine" irq
	read -r kind first <"$engine"
	same "the interrupt" "$kind" msix
	for n in 1 2 3 4 5; do
		wrote 0 "$engine" "copy shared shared 64"
	done
	wrote 0 "$engine" irq
	read -r kind last <"$engine"
	same "interrupts of five commands" $((last - first)) 5
	unload interlock_dma
}

nowhere()
{
	with_driver
	# There is no memory at 1 TiB.
	wrote EREMOTEIO "$engine" "load @0x10000000000 64"
	wrote 0 "$engine" "copy shared shared 64"
	unload interlock_dma
}

check "One of two functions moves the host's memory" moves_memory
check "MSI-X tells the host of the end of each command" interrupts
check "What one of two functions asks for where there is no memory is an error" nowhere
