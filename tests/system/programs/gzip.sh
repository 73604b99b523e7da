#!/bin/bash
# SPDX-License-Identifier: MIT
mkdir -p /tmp/z; cd /tmp/z || exit; seq 1 50000 >big
gzip -k9 big; gzip -l big.gz | awk 'NR == 2 { print $2 }'; gunzip -c big.gz | cmp - big && echo same; zcat big.gz | md5sum; gzip -t big.gz; echo $?
zgrep -c 77 big.gz; cp big.gz b2.gz; gunzip b2.gz; cmp big b2 && echo again; gzip -n -c big | md5sum; echo text | gzip | gzip -d
gzip -d <big 2>&1; echo $?; head -c 1000 big.gz | gzip -dc 2>&1 | wc -l; gzip big 2>&1 </dev/null; echo $?; zcmp b2 big.gz; zdiff b2 big.gz && echo no difference; ls
