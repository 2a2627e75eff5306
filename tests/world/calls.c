/* calls.c — counts and fails. Thread: main. */
#include "calls.h"

#include <errno.h>

#include "kernel.h"
#include "memory.h"
#include "world.h"

#define ERRORS 3

static struct {
	uint64_t made, at;
	unsigned which;
	bool armed, more;
} calls;

void
calls_arm(uint64_t n, unsigned which)
{
	calls.made = 0;
	calls.at = n;
	calls.which = which;
	calls.armed = n > 0;
	calls.more = false;
}

bool
calls_are_armed(void)
{
	return calls.armed;
}

uint64_t
calls_made(void)
{
	return calls.made;
}

bool
calls_have_more(void)
{
	return calls.more;
}

bool
call_fails(enum call kind)
{
	static const struct {
		const char *name;
		int errors[ERRORS + 1];
	} kinds[CALLS] = {
		[CALL_READ] = { "read", { EINTR, ECONNRESET, ENOMEM } },
		[CALL_WRITE] = { "write", { EINTR, EPIPE, ENOBUFS } },
		[CALL_ACCEPT] = { "accept", { EMFILE, ECONNABORTED } },
		[CALL_CONNECT] = { "connect", { EMFILE, ENETUNREACH } },
		[CALL_WATCH] = { "watch", { ENOMEM } },
	};
	const struct proc *p = kernel_running();

	/* Who begins or ends may fail as a whole: that is not asked here. */
	if (p == NULL || p->dead || memory_is_held() || ++calls.made != calls.at)
		return false;
	errno = kinds[kind].errors[calls.which];
	calls.more = kinds[kind].errors[calls.which + 1] != 0;
	world_say("%s: %s fails with %d", p->name, kinds[kind].name, errno);
	return true;
}
