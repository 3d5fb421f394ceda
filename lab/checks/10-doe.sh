# vm: host
# boot: alone

doe_features()
{
	local want='0001:01 0001:02 doe_discovery'
	same doe_features "$(ls "$(fn 0)/doe_features" | xargs)" "$want"
}

check "Linux lists the features of our DOE mailbox" doe_features
