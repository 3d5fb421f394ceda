# vm: host
# boot: alone
# needs: interlock_dma interlock_tsm

# Without the module nobody has written the IOMMU's tables.
irq_intx()
{
	local d n
	load interlock_rp
	load interlock_tsm
	load interlock_dma
	trap 'unload interlock_dma' EXIT
	d=/dev/interlock_dma-$(basename "$(fn 0)")
	until_true 5 [ -c "$d" ] || fail "the driver does not take it"
	wrote 0 "$d" irq
	n=$(cut -d' ' -f2 <"$d")
	[ "$(sys write "$d" 'copy shared shared 4096')" = 0 ] ||
		fail "copy: $(cat "$d")"
	wrote 0 "$d" irq
	has "$d" "intx $((n + 1))"
}

check "A function without MSI-X interrupts by INTx" irq_intx
