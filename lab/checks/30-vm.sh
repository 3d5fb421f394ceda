# vm: guest
# boot: pair

stays() { await vm-tried 900; }

check "The confidential VM stays while its host tries what a VMM may do" stays
