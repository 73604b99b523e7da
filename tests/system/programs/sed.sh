#!/bin/bash
# SPDX-License-Identifier: MIT
cd /tmp || exit; printf 'alpha\nbeta\ngamma\n' >g
sed -n '2p;$=' g; sed 's/a/A/g;y/b/B/' g; sed -i.bak '/beta/d' g; cat g g.bak; sed -e ':a;N;$!ba;s/\n/,/g' g.bak
sed -n '/a/{=;p}' g; sed -E 's/(.)(.)/\2\1/' g; sed '1e echo command' g; sed -n 'w out' g; cat out; sed '$!N;P;D' g.bak
sed -s -n '1p' g g.bak; seq 1 100000 | sed 's/1/one/g;/9$/d' | md5sum; sed 's/x' g; echo $?; sed p nofile; echo $?; sed '1~2d' g.bak
