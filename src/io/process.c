/* process.c — private keys stay in the memory of who needs them.
 *
 * Thread: boot, before a key is read. Two ways, because each leaves one open: a
 * limit of 0 does not stop a core_pattern that is a pipe, and what is not dumpable
 * is once more after execve(2), before it has said so again.                 */
#include "io/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/assert.h"

void
process_hide(void)
{
	const struct rlimit none = { 0, 0 };

	/* Not setrlimit: musl's would bring what stops other threads. */
	(void)prlimit(0, RLIMIT_CORE, &none, NULL);
	ax_assert(prctl(PR_SET_DUMPABLE, 0) == 0);
}
