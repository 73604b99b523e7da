#!/bin/bash
# SPDX-License-Identifier: MIT
/test/threads-musl; echo $?; /test/threads-glibc; echo $?
for i in 1 2 3; do /test/threads-musl & /test/threads-glibc & wait; done | sort | uniq -c | sed 's/^ *//'
