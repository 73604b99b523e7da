#!/bin/bash
# SPDX-License-Identifier: MIT
cd /tmp || exit; seq 1 100 >l
less l | head -2; less -N l | tail -1; less -V | head -1 | cut -d' ' -f1; less nofile; echo $?; cat l | less | md5sum
lesskey -V | head -1 | cut -d' ' -f1; LESSOPEN='|cat %s' less l | tail -1; lessecho 'a b' c; ls -l /usr/bin/pager | sed 's/.*-> //'
