#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# Every applet of Debian's busybox-static that needs no network, disk or hardware.
# Left out, because they need a network: arp arping brctl dnsdomainname dumpleases
# ftpget ftpput httpd ifconfig ifdown ifup ip ipcalc ipneigh nameif nc netstat nslookup
# ping ping6 rdate route ssl_client telnet telnetd tftp traceroute traceroute6 tunctl
# udhcpc udhcpd vconfig wget; a disk: blkdiscard blockdev fatattr fdisk findfs
# freeramdisk fsfreeze fstrim losetup mkdosfs mke2fs mkswap partprobe swapoff swapon;
# hardware that the machine has not: adjtimex devmem hwclock i2c* lsscsi watchdog
# setkeycodes loadkmap dumpkmap loadfont microcom; to be the first program or a service:
# acpid crond getty halt init klogd linuxrc mdev poweroff reboot run-init svc svok
# switch_root syslogd logread uevent sulogin; namespaces: nsenter unshare; Debian's own
# archives: dpkg dpkg-deb rpm rpm2cpio; nuke, for what it does; what is not there yet: ionice
# (no I/O priorities), cttyhack (no /sys/class), deallocvt (no VT_DISALLOCATE). insmod and the like
# are in test_insmod.py, mount and pivot_root in test_calls, vi, less, login, chvt in
# test_terminal.py.
B=/tmp/bb W=/tmp/bbwork; mkdir -p $B $W; /bin/busybox --install -s $B; PATH=$B; export PATH
cd $W || exit; export TZ=UTC; busybox | head -1 | cut -d' ' -f1; busybox --list | wc -l
it() { echo "-- $1"; }
it text; printf 'b 2\na 1\nc 3\na 1\n' >t; sort t | uniq -c; tac t; rev t; nl t; tr a-c A-C <t; cut -d' ' -f2 t | paste -s -d+; wc t; wc -lwc <t
head -n2 t; tail -n1 t; tail -c4 t; head -c3 t; echo; fold -w2 t | head -3 | tr ' ' _; expand <<X | od -c | head -2
a	b
X
unexpand -a <<X | od -c | head -2
a               b
X
grep -n 'a' t; grep -c a t; egrep -o 'a|b' t; fgrep -v a t; sed -n '2s/a/z/p;$p' t; sed -i 's/c/d/' t; cat -n t; awk '{ s += $2 } END { print s, NR, length($0) }' t
printf 'a\nb\n' >u; printf 'a\nc\n' >v; diff -u u v | tail -n +3; diff -q u v; echo $?; cmp u v; echo $?; diff -u u v | patch u; cat u; printf 'x\r\n' | dos2unix | od -An -c; printf 'x\n' | unix2dos | od -An -c
seq 3 -1 1; seq -w 8 10; seq -s, 5; yes y | head -2; factor 60 97; expr 7 \* 6; expr abc : 'a\(.*\)'; echo '2^10/3' | bc; echo '5 3 - p' | dc; strings -n4 /bin/busybox | head -c0; printf '\001abcdef\002' | strings
shuf -e a b c | sort; shuf -n1 -i 4-4; xargs -n2 echo <t; echo a b | xargs -I{} echo '<{}>'; tee w <u; cat w; split -v 2>/dev/null; ts '' <u | cut -c1-2; more u
it sums; md5sum t; sha1sum t; sha256sum t; sha3sum t; sha512sum t | cut -c1-20; crc32 t 2>/dev/null; cksum t 2>/dev/null; sum t 2>/dev/null; md5sum t >s; md5sum -c s
base64 t; base64 t | base64 -d | cmp - t; uuencode x <t; uuencode x <t | uudecode -o - | cmp - t; xxd t | head -1; xxd -p t; hexdump -C t | head -2; od -x t | head -1; hd t 2>/dev/null | head -1
it archives; mkdir -p d/e; echo one >d/f; echo two >d/e/g; ln -s f d/l; for z in gzip bzip2; do cat d/f d/e/g | $z -c >z; file=$?; $z -dc z; done; gzip -k t; zcat t.gz | cmp - t; gunzip -t t.gz; echo $?; bzip2 -k t; bzcat t.bz2 | cmp - t; bunzip2 -c t.bz2 | wc -l
tar cf a.tar d; tar tf a.tar | sort; tar czf a.tgz d; rm -r d; tar xzf a.tgz; cat d/e/g; readlink d/l; find d | sort | cpio -o -H newc 2>/dev/null >a.cpio; rm -r d; cpio -id <a.cpio 2>/dev/null; find d | sort; ar t /dev/null; echo $?; cpio -t <a.cpio 2>&1 | sort
printf '\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x16\0\0\0t/\xe5\xa3\x01\0\x02abc\0U\xf1\x8b\x0d\x29\xa7~\xec\0\x01\x1b\x03\x0b\x2f\xb9\x10\x1f\xb6\xf3}\x01\0\0\0\0\x04YZ' >x.xz; xzcat x.xz 2>&1 | head -c3; echo; lzop -c t 2>/dev/null | lzop -dc 2>/dev/null | cmp - t; unzip -l /dev/null 2>&1 | tail -1
it files; touch -d '2020-01-02 03:04:05' f; stat -c '%n %s %a %F %Y' f; chmod 640 f; stat -c %A f; chown 1:2 f; stat -c %u:%g f; chgrp 3 f; stat -c %g f; date -r f; ln f g; stat -c %h f; ln -sf f h; readlink h; readlink -f h; realpath h; test f -ef g; echo $?
cp -a d k; diff -r d k; echo $?; mv k m; ls m; ls -l f | cut -c1-10; ls -1F; install -m 600 f i 2>/dev/null; rmdir m 2>&1; rm -rf m; mkdir -p p/q/r; rmdir -p p/q/r; ls p 2>&1; mkfifo n; (echo through >n &); cat n; mknod o p; stat -c %F o; mktemp -u x.XXXXXX | wc -c; truncate -s 5000 tr; du -k tr | wc -l; stat -c %s tr; fallocate -l 9000 fa; stat -c %s fa; shred -n1 -u fa; ls fa 2>&1
dd if=/dev/zero of=z bs=1k count=3 2>/dev/null; wc -c <z; dd if=t bs=1 skip=2 count=4 2>&1 | head -1; find . -name 't*' -type f | sort; find . -size +2 -exec basename {} \; | sort; find d -newer f | sort; basename a/b.c .c; dirname a/b.c; pwd; unlink g; link f g; stat -c %h g; sync; df / 2>/dev/null | head -1; which ls; test -x $B/ls; echo $?; [ -d d ]; [[ -d d ]]; echo $?; cmp -s t t; chroot / /bin/busybox echo in root; flock x true 2>/dev/null; run-parts --test d; getopt ab:c -a -b v x
it accounts; id; whoami; groups; logname 2>&1; users 2>/dev/null; who; w | wc -l; last 2>&1 | wc -l; mkpasswd -m sha512 -S saltsalt pw; echo 'm' | mkpasswd -m md5 -S saltsalt -P0; umask; setpriv --dump 2>/dev/null | head -2; su -c 'echo as $(id -u)' root; nologin </dev/null 2>&1 | head -c0; echo
it system; uname -s; hostname; arch; linux64 uname -m; linux32 uname -m; nproc; hostid | wc -c; free | wc -l; uptime | grep -c load; date -u -d @86400; date +%Y | wc -c; cal 2 2024 | sed 's: *$::'; ps | head -1; ps -o pid,comm | grep -c sh; pidof init | wc -w; sysctl -n kernel.ostype; dmesg | wc -l | grep -qv '^0'; echo $?; env -i A=1 env; time true 2>&1 | grep -c m; mt 2>/dev/null; tty; stty -F /dev/tty1 size; ttysize 2>/dev/null; lsmod | head -1; taskset -p $$ | sed 's/[0-9]*.s//'; mountpoint / 2>/dev/null; mount | grep -c proc
it processes; sleep 100 & p=$!; kill -0 $p; echo $?; renice -n 5 -p $p; ps -o nice,pid 2>/dev/null | grep -w $p | awk '{ print $1 }'; kill -STOP $p; kill -CONT $p; kill $p; wait $p; echo $?; timeout 1 sleep 5; echo $?; nohup true 2>/dev/null; echo $?; setsid echo session; usleep 1000; killall -q none; echo $?; sleep 50 & until killall -q sleep; do :; done; wait $!; echo $?; start-stop-daemon -S -b -m -p $W/sd -x $B/sleep -- 60; until [ -s sd ]; do :; done; start-stop-daemon -K -p $W/sd | sed 's/pid [0-9]*/pid/'; echo $?; true; echo $?; false; echo $?; pwdx 1 2>/dev/null; watch -n 1 -t true >/dev/null & sleep 0; kill $!; wait $!; echo $?; xargs -0 echo </dev/null; chrt -m 2>/dev/null | head -1; trap 'echo caught' USR1; kill -USR1 $$; echo 'echo at: $0 $1' >sc; ash sc x; sh -c 'echo $((6*7))'; echo 'echo sourced' | sh; logger -s -t tag text 2>&1 | sed 's/.*tag/tag/'; script 2>/dev/null; ed t <<X
1p
q
X
it terminals; clear | od -An -c | head -1; reset </dev/null | od -An -c | head -1; crontab -l 2>&1 | wc -l; less t </dev/null | head -1; openvt -c 5 -w true; echo $?; chvt 1; echo $?; mesg 2>/dev/null; ascii 2>/dev/null | wc -l; mim -h 2>&1 | wc -l; resume 2>&1 | wc -l; depmod -h 2>&1 | wc -l; modinfo nothing 2>&1 | cut -d: -f1; rmmod nothing 2>&1; modprobe nothing 2>&1; insmod nothing 2>&1; ubirename 2>&1 | head -1; vi -h 2>&1 | head -1; cd /; rm -rf $W
