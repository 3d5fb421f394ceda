# SPDX-License-Identifier: BSD-2-Clause
# Sourced by init.sh with --full: which functions of /lab/functions a check
# made the kernel run, as ftrace's profiler counts them.

TRACE=/sys/kernel/tracing
mount -t tracefs tracefs $TRACE 2>/dev/null

# name count, one a line
profile_read()
{
	cat $TRACE/trace_stat/function* |
		awk '$2 ~ /^[0-9]+$/ { n[$1] += $2 }
			END { for (f in n) print f, n[f] }' >"$1"
}

profile_begin()
{
	profile_read /tmp/before
}

profile_end()
{
	local names
	profile_read /tmp/after
	names=$(awk 'NR == FNR { n[$1] = $2; next } $2 > n[$1] { print $1 }' \
		/tmp/before /tmp/after | xargs)
	printf 'used %s\t%s\n' "$1" "$names" >&3
}

if [ -e $TRACE/function_profile_enabled ]; then
	# By number: a name is held against each of forty thousand.
	awk 'NR == FNR { want[$1]; next } $1 in want { print FNR }' \
		/lab/functions $TRACE/available_filter_functions \
		>$TRACE/set_ftrace_filter
	echo 1 >$TRACE/function_profile_enabled && PROFILE=yes
fi
