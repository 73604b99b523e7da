#!/bin/bash
# SPDX-License-Identifier: MIT
cd /tmp || exit; printf 'alpha\nbeta\ngamma\n' >v
vim.tiny -es -u NONE -c '%s/alpha/omega/' -c wq v; cat v
vim.tiny -es -u NONE -c 'normal Gofinal' -c 'g/gamma/normal A!' -c 'w! out' -c 'q!' v; cat out
vi --version | head -1 | cut -d' ' -f1-5; seq 1 20000 >big; vim.tiny -es -u NONE -c 'g/7$/d' -c '%!sort -rn' -c wq big; wc -l big; head -1 big
vim.tiny -es -u NONE -c 'r !echo from a command' -c 'w! r' -c 'q!' v; tail -1 r; vim.tiny -es -u NONE -c 'e nofile' -c 'cquit 3'; echo $?
ls -A | grep -c swp; ex -s v <<<$'1d\nwq'; cat v; view -es -u NONE -c 'set ro?' -c 'w' v 2>&1; echo $?
