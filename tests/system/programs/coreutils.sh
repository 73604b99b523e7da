#!/bin/bash
# SPDX-License-Identifier: MIT
mkdir -p /tmp/work; cd /tmp/work || exit
seq 1 1000 >n; wc n; sort -rn n | head -2; md5sum n; sha1sum n; sha256sum n; sha512sum n | cut -c1-20; b2sum n | cut -c1-16
cksum n; sum n; tac n | tail -1; shuf -i 1-10 | sort -n | paste -sd,
split -l 300 n p; ls p*; cat p?? | cmp - n && echo same
cut -c1-2 n | uniq | wc -l; tr 0-9 a-j <n | head -3; od -An -tx1 n | head -1; nl n | tail -1
fold -w 10 <<<abcdefghijklmnopqrstuvwxyz; fmt -w 20 <<<'aaa bbb ccc ddd eee fff'
cp -a n n2; ln n n3; ln -s n n4; stat -c '%n %s %h %F %a' n n2 n3 n4; readlink -f n4; realpath ../work/n
mv n2 n5; rm n3; ls -1; link n lk; unlink lk; ls lk 2>&1
touch -d '2020-01-02 03:04:05 UTC' t; date -u -r t '+%F %T'; stat -c %Y t
install -m 751 n i; stat -c %a i; chmod u=rw,go= i; stat -c %A i; chown 5:6 i; stat -c '%u %g' i
dd if=/dev/zero of=z bs=1k count=64 2>/dev/null; du -k z; truncate -s 100 z; stat -c %s z
df /tmp >/dev/null; echo "df $?"; df --output=target /tmp | tail -1
mkfifo f; (echo via fifo >f &); cat f; test -p f && echo fifo; mknod nn c 1 3; ls -l --time-style=+ nn; echo x >nn
expr 6 \* 7; factor 360; basename /a/b.c .c; dirname /a/b; numfmt --to=iec 1048576
env -i A=1 env; nice -n 5 nice; timeout 0.2 sleep 5; echo "timeout $?"; yes | head -3 | tr -d '\n'; echo
join <(printf '1 a\n2 b\n') <(printf '1 x\n2 y\n'); comm <(printf 'a\nb\n') <(printf 'b\nc\n')
base64 <<<hello; base32 <<<hello; tsort <<<'a b b c'; head -c 5 n | od -c; csplit -s n 100 200; wc -l xx*
expand <<<$'a\tb'; unexpand -a <<<'a               b'; tee tt <<<teed; cat tt
id -u; whoami; groups; uname -sm; nproc; pwd; tty; echo "tty $?"; arch; printenv HOME
chroot / /bin/true; echo "chroot $?"; stdbuf -o0 echo unbuffered; nohup echo nohup 2>&1
ls -la --time-style=+ n n4 f; ls -d */ 2>&1; rmdir x 2>&1; cat nofile 2>&1; rm -r p*; sync; sync -f n
shred -u t; ls t 2>&1; stat -f -c %T /proc; ls --color=always -F | head -3; sleep 0.01; mkdir -m 1777 sticky; stat -c %a sticky
cp -r /tmp/work /tmp/work2; du -s --apparent-size -b n | cut -f1; ls /tmp/work2 | wc -l; cp --sparse=always /dev/null e; stat -c %s e
mv /tmp/work2 /tmp/work3; test -d /tmp/work2; echo $?; rm -rf /tmp/work3; tail -n 3 n; (sleep 0.2; echo late >>n) & timeout 2 tail -f -n 1 n 2>&1 | head -2; wait
dd if=n bs=10 skip=2 count=1 status=none | od -c | head -1; printf '%x %o %e\n' 255 8 1.5; seq -s, 1 0.5 3; stty size 2>&1; kill -l TERM
cp n /dev/full 2>&1; cat n >/dev/full; echo $?; realpath /proc/self/fd/0; [ /tmp/work -ef . ] && echo ef; ls /proc/self/fd | wc -l
