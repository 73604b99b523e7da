#!/bin/bash
# SPDX-License-Identifier: MIT
ps -o pid= -p $$ | tr -d ' ' | grep -qx $$ && echo ps; sleep 100 & p=$!
while [ "$(cat /proc/$p/comm)" != sleep ]; do :; done
ps -o stat=,comm=,args= -p $p; ps -o ppid= -p $p | tr -d ' ' | grep -qx $$ && echo parent; pgrep -x sleep | grep -qx $p && echo pgrep; pwdx $p | cut -d: -f2
pkill -x sleep; wait $p 2>/dev/null; echo $?; free | head -1; free | wc -l; uptime | grep -c 'load average'; vmstat | head -2; w -h | wc -l
top -bn1 | head -1 | cut -c1-5; top -bn1 | sed -n 7p; sysctl kernel.ostype kernel.hostname; pmap $$ | tail -1 | awk '{ print $1 }'; pidof bash | wc -l
watch --version | cut -d' ' -f1-2; kill -l 9; ps aux | head -1; ps -ef | head -1; ps -eo pid,ppid,sid,pgid,tty,stat,nlwp,rss,vsz,etimes,args --sort pid | head -1; ps axjf | head -1
ps -p 1 -o pid,user,ni,pri,cls,stat | tail -1 | wc -w; wc -w <"/proc/$$/stat"; ps -p 99999; echo $?; ps -C init -o comm= | head -1; pgrep -f 'no such thing'; echo $?
exec 2>/dev/null; (exec -a renamed sleep 50) & q=$!; while ! grep -q renamed /proc/$q/cmdline; do :; done; pgrep -f renamed | grep -qx $q && echo args; kill $q; wait $q 2>/dev/null; kill -0 $q 2>/dev/null; echo $?
uptime -p | cut -d' ' -f1; uptime -s | cut -c3; grep -c '^cpu' /proc/stat; awk '/^MemTotal/ { print $3 }' /proc/meminfo; vmstat -s | tail -1 | sed 's/ *[0-9]* //'
