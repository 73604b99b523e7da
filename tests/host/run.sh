#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh FOLDER TEST...: runs the host tests built in FOLDER, prints what cmocka
# prints, counts it, and fails when one failed or died.
out=$1
shift
passed=0 failed=0 skipped=0

export CMOCKA_MESSAGE_OUTPUT=stdout
export ASAN_OPTIONS=detect_leaks=0:handle_segv=0:detect_stack_use_after_return=0:$ASAN_OPTIONS
export UBSAN_OPTIONS=print_stacktrace=1:$UBSAN_OPTIONS

count() {
	grep -c "^\[  *$1  *\] [a-zA-Z_]" "$out/$test.log"
}

for test; do
	timeout "${HOST_TEST_SECONDS:-600}" "$out/${test}_test" > "$out/$test.log" 2>&1
	status=$?
	grep -v '^# ' "$out/$test.log"
	bad=$(count FAILED)
	# Each failure is listed twice when the group ends in its summary.
	grep -q '^\[  FAILED  \] [0-9]* test(s)' "$out/$test.log" && bad=$((bad / 2))
	[ $status -ne 0 ] && [ "$bad" -eq 0 ] && bad=1 &&
		echo "[  FAILED  ] $test ended with status $status"
	passed=$((passed + $(count OK)))
	skipped=$((skipped + $(count SKIPPED)))
	failed=$((failed + bad))
done

printf '{"passed": %d, "failed": %d, "skipped": %d}\n' $passed $failed $skipped \
	> "$out/result.json"
echo "host: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
