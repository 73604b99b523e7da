#!/bin/bash
# SPDX-License-Identifier: MIT
mkdir -p /tmp/x; cd /tmp/x || exit; seq 1 50000 >big
xz -k big; xz -l big.xz | tail -1 | awk '{ print $1, $2 }'; xzcat big.xz | cmp - big && echo same; xz -T2 -c big | xz -d | md5sum
unlzma </dev/null; echo $?; xz -d <big; echo $?; xz --format=lzma -c big | xz -d | md5sum; xz -4 -c big | wc -c; xz -t big.xz; echo $?
xzgrep -c 77 big.xz; xz -dc big.xz | tail -1; xz --robot -l big.xz | tail -1 | cut -f1-3; head -c 500 big.xz | xz -dc >/dev/null; echo $?; xz big; echo $?; ls
