/* SPDX-License-Identifier: MIT */
/*
 * Scripts: "#!", blanks, the interpreter, blanks, at most one argument, up to
 * the end of the line. Linux looks at 256 bytes; a line that is cut there is
 * fine as long as the interpreter's name is whole (execve(2)).
 */
#include <errno.h>
#include <runtime.h>
#include <string.h>

#include "internal.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static const char *skip_word(const char *p, const char *end)
{
	while (p < end && *p && !is_blank(*p))
		p++;
	return p;
}

/*
 * Fills plan->interp and ->interp_arg from a script's first line: 0, or
 * -ENOEXEC: there is no interpreter's name, or it is cut.
 */
long script_plan(const char line[PROBE_SIZE], struct binfmt_plan *plan)
{
	const char *end = memchr(line, '\n', PROBE_SIZE);
	const char *name, *name_end, *arg;

	if (!end) {
		/* No end of line in sight: the name must end before the cut. */
		end = line + PROBE_SIZE;
		name = skip_blanks(line + 2, end);
		if (name == end || skip_word(name, end) == end)
			return -ENOEXEC;
		end--;
	}
	while (end > line + 2 && is_blank(end[-1]))
		end--;
	name = skip_blanks(line + 2, end);
	name_end = skip_word(name, end);
	if (name == name_end)
		return -ENOEXEC;
	plan->type = BINFMT_SCRIPT;
	memcpy(plan->interp, name, (size_t)(name_end - name));
	if (name_end < end && *name_end) {
		arg = skip_blanks(name_end, end);
		memcpy(plan->interp_arg, arg, strnlen(arg, (size_t)(end - arg)));
	}
	return 0;
}
