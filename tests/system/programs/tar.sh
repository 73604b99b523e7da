#!/bin/bash
# SPDX-License-Identifier: MIT
mkdir -p /tmp/t/a/d; cd /tmp/t || exit
seq 1 20000 >big; for i in 1 2 3; do cp big a/big$i; done; ln -s big1 a/sym; ln a/big1 a/hard; mkfifo a/fifo; echo in >a/d/in; chmod 4751 a/d/in
tar --sort=name -cf t.tar a; tar tvf t.tar | awk '{ s = $1 " " $2 " " $3 " " $6; print $7 ? s " " $7 " " $8 : s }'; mkdir x; tar xpf t.tar -C x
find x | sort; cmp a/big1 x/a/big1 && echo same; stat -c '%a %h %F' x/a/d/in x/a/hard x/a/fifo
tar df t.tar; echo "difference $?"; echo more >>a/d/in; tar df t.tar 2>&1 | grep -v 'Mod time'; tar rf t.tar big; tar tf t.tar | wc -l; tar xOf t.tar a/big2 | md5sum
tar czf t.tgz a; tar cJf t.txz a; tar tzf t.tgz | wc -l; tar tJf t.txz | wc -l; tar cf - a | (cd x && tar xf - --overwrite); echo $?
truncate -s 1M s; echo end >>s; tar -Scf s.tar s; test "$(stat -c %s s.tar)" -lt 20000 && echo sparse; tar xOf s.tar | md5sum; md5sum <s
tar --owner=5 --group=6 --numeric-owner -cf o.tar big; tar --numeric-owner -xf o.tar -C x; stat -c '%u %g' x/big; tar xf nofile 2>&1; tar tf big 2>&1
tar -c --exclude='big*' a | tar t | sort; tar -cf m.tar -M -L 10k --tape-length=100 big </dev/null 2>/dev/null; echo "parts $?"
