#!/bin/bash
# SPDX-License-Identifier: MIT
mkdir -p /tmp/f/a/b/c; cd /tmp/f || exit
touch a/1 a/b/2 a/b/c/3; echo data >a/b/c/4
find a | sort; find a -type f -size +0 -exec wc -c {} +; find a -name '[12]' -print0 | sort -z | xargs -0 -n1 echo
find a -depth -empty -type f -delete; find a | sort; find a -perm 644 -printf '%p %s %m %y\n'
seq 10 | xargs -P 3 -n 3 | sort; find / -xdev -maxdepth 1 -type l | sort; find nothing; echo $?
find a -mindepth 3 -path '*b/c*' -prune -o -print | sort; find a -type d -execdir pwd \; | sort; find . -samefile a/b
seq 1 20000 | xargs echo | wc; echo 'a b' | xargs -I{} echo '<{}>'; xargs false </dev/null; echo $?; echo x | xargs sh -c 'exit 255'; echo $?
for i in $(seq 300); do : >"a/file$i"; done; find a -type f | wc -l; find a -name 'file*' -exec rm {} +; find a | wc -l
