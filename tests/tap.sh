# shellcheck shell=sh
# tap.sh — the Test Anything Protocol for test scripts; to be sourced. Every
# case is a line; what went wrong follows it as comments.
# With ATLAX_CI=yes a missing tool is a failure, without it a skip.

# Who runs the tests from a hook or a rebase of git hands down variables that
# name that repository; a test's own would be taken for it.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_PREFIX

tap_count=0
tap_failed=0

# tap_ok NAME
tap_ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

# tap_not_ok NAME [FILE]: FILE says why
tap_not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	if [ -n "${2-}" ]; then
		sed 's/^/#   /' "$2"
	fi
}

# tap_result NAME FILE: good when FILE, the list of complaints, is empty
tap_result() {
	if [ -s "$2" ]; then
		tap_not_ok "$1" "$2"
	else
		tap_ok "$1"
	fi
}

# tap_skip NAME REASON
tap_skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# tap_skip_all REASON: before any case; ends the script
tap_skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# tap_need TOOL...: before any case
tap_need() {
	for tap_tool in "$@"; do
		if command -v "$tap_tool" >/dev/null 2>&1; then
			continue
		fi
		if [ "${ATLAX_CI-}" = yes ]; then
			tap_not_ok "$tap_tool is installed"
			tap_done
		fi
		tap_skip_all "$tap_tool is not installed"
	done
}

# tap_has TOOL NAME: for a case in the middle; if the tool is missing, that is the result
# of the case called NAME
tap_has() {
	command -v "$1" >/dev/null 2>&1 && return
	if [ "${ATLAX_CI-}" = yes ]; then
		tap_not_ok "$2: $1 is installed"
	else
		tap_skip "$2" "$1 is not installed"
	fi
	return 1
}

# tap_done: prints the plan and ends the script. Under automake's driver the
# lines have said it all, and a bad status would count as one failure more.
tap_done() {
	echo "1..$tap_count"
	if [ "$tap_failed" -gt 0 ] && [ -z "${AM_TAP_AWK-}" ]; then
		exit 1
	fi
	exit 0
}
