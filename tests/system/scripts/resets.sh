#!/bin/sh
# SPDX-License-Identifier: MIT
# Kills each module while a script runs whose output is known, when it is found
# running, and while nothing runs. Prints a line for each:
# resets: NAME busy|inside|idle ok|WRONG... .
# $1: the seed of the moments.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /tmp
PATH=/bin:/sbin:/usr/bin:/usr/sbin
rounds=12

# Files, names, pipes, processes, devices: the same output each time.
work() {
	rm -rf "$1"; mkdir "$1"; cd "$1"
	i=0
	while [ $i -lt $rounds ]; do
		echo "line $i" >>log
		wc -l <log
		mkdir d$i && mv d$i e && rmdir e && echo moved
		echo $((i * i)) | tr 0-9 a-j | sed 's/^/sq /'
		head -c 5 /dev/zero | od -An -tx1
		ln -s log l$i; readlink l$i; ls | wc -l
		cp log copy && cmp log copy && echo same
		(echo a; echo b) | sort -r | tr '\n' ' '; echo
		i=$((i + 1))
	done
	cat log | tail -3
	cd /; rm -rf "$1"
}

state() { cat /sys/module/$1/state /sys/module/$1/resets | tr '\n' ' '; }

# A number from 1 to $1.
seed=${1:-1}
random() { seed=$(((seed * 1103515245 + 12345) % 2147483648)); echo $((seed / 65536 % $1 + 1)); }

# NAME WHEN STATUS: the module lives and has been reset $resets times, the output is right.
judge() {
	if [ "$(state $1)" != "live $resets " ]; then
		echo "resets: $1 $2 WRONG state $(state $1), wanted live $resets"
	elif [ $3 != 0 ] || ! cmp -s /tmp/good /tmp/now; then
		echo "resets: $1 $2 WRONG output, status $3"
		diff /tmp/good /tmp/now | head -8
	else
		echo "resets: $1 $2 ok"
	fi
}

work /tmp/a >/tmp/good 2>&1
work /tmp/a >/tmp/now 2>&1
cmp /tmp/good /tmp/now && echo "resets: the script repeats"

for m in $(ls /sys/module); do
	[ "$(cat /sys/module/$m/state)" = live ] || continue
	[ "$(cat /sys/module/$m/placement)" = core ] && continue
	resets=$(($(cat /sys/module/$m/resets) + 1))
	# At a random moment, wherever its threads are.
	work /tmp/a >/tmp/now 2>&1 &
	usleep $(random 300000)
	echo now >/sys/module/$m/inject
	wait $!
	judge $m busy $?
	# When a tick finds it running; some never are.
	work /tmp/a >/tmp/now 2>&1 &
	usleep $(random 100000)
	echo inside >/sys/module/$m/inject
	wait $!
	status=$?
	echo never >/sys/module/$m/inject
	resets=$(cat /sys/module/$m/resets)
	judge $m inside $status
	# While nothing of the script runs.
	resets=$((resets + 1))
	usleep 200000
	echo now >/sys/module/$m/inject
	usleep $(random 20000)
	work /tmp/a >/tmp/now 2>&1
	judge $m idle $?
done
echo "resets: done"
poweroff -f
