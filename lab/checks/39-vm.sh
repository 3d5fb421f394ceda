# vm: host
# boot: pair

tried() { tell vm-tried; }

check "The host has tried what a VMM may do" tried
