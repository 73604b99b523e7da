#!/bin/bash
# SPDX-License-Identifier: MIT
cd /tmp || exit; printf 'alpha\nbeta\ngamma\n' >g
grep -n a g; grep -c . g; grep -E '^(a|b)' g; grep -v 'a$' g; grep -o 'm*' g; grep -A1 alp g; grep -x beta g
mkdir -p gd; cp g gd/x; grep -r beta gd; grep -l a g gd/x; grep -P '\bb' g; grep -q z g; echo $?; grep x nofile; echo $?
echo 'B' | grep -i b; grep -F 'a' -- g; grep -w beta g; seq 1 200000 | grep -c 7; printf 'a\0b\n' | grep a; printf 'a\0b\n' | grep -c -a b
egrep 'a|b' g; fgrep mm g; grep -m1 a g; grep -b gam g; seq 1 100000 | grep -E '(12|34)5$' | md5sum
