# vm: host
# boot: pair

functions_have_one_dsm()
{
	local f0
	f0=$(fn 0)
	be_connected
	has "$(fn 1)/tsm/dsm" "${f0##*/}"
	has "$f0/tsm/dsm" "${f0##*/}"
	has "$(fn 1)/tsm/bound" ""
	wrote 0 "$f0/tsm/disconnect" tsm0
	[ ! -e "$(fn 1)/tsm/dsm" ] || fail "function 1 still has a DSM"
}

check "A second function has the first one's DSM while that is connected" functions_have_one_dsm
