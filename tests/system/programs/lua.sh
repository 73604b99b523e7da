#!/bin/bash
# SPDX-License-Identifier: MIT
cd /tmp || exit
cat >l.lua <<'END'
print(_VERSION, 2^53, 10//3, 7 % 3, "x" .. 1)
local t = {}; for i = 1, 1e5 do t[i] = i * i end; print(#t, t[1000])
print(string.format("%q", "a\nb"), ("abc"):rep(3), os.getenv("HOME"))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end); print(co(), co(), co())
local f = io.open("l.txt", "w"); f:write("line\n"); f:close(); for l in io.lines("l.txt") do print(l) end
print(pcall(error, "e")); local p = io.popen("echo popen; exit 2"); print(p:read("a")); print(p:close())
print(os.execute("exit 3")); print(os.rename("l.txt", "m.txt"), os.remove("m.txt")); print(os.remove("m.txt"))
print(type(os.time()), os.date("!%Y", 0)); print(collectgarbage("count") > 100); print(math.maxinteger, 1e15, 0x7fp-2)
local s = {}; for w in ("the quick brown fox"):gmatch("%a+") do s[#s + 1] = w:upper() end; table.sort(s); print(table.concat(s, " "))
local n = 0; for i = 1, 200 do local x = {}; for j = 1, 1000 do x[j] = tostring(j) end; n = n + #x end; print(n)
io.stderr:write("to stderr\n"); print(io.open("/no/such")); os.exit(6)
END
lua5.4 l.lua 2>&1; echo $?; luac5.4 -o l.out l.lua && lua5.4 l.out 2>/dev/null | md5sum; echo 'print(1' | lua5.4 - 2>&1; echo $?; lua5.4 -v | cut -d' ' -f1; seq 1 1000 | lua5.4 -e 'local s = 0; for l in io.lines() do s = s + l end; print(s)'
