/* fuzz_identity_agent.c — an agent's certificate. Whatever is accepted must
 * name one tenant, in its subject and in its URI, byte for byte.
 * Thread: owner.                                                             */
#include <stdio.h>

#include "fuzz.h"
#include "identity_check.h"

static bool
contains(struct slice in, const char *text)
{
	return memmem(in.p, in.n, text, strlen(text)) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice cert = slice_of(data, size);
	struct identity id;
	struct err e = { 0 };
	char uri[160];
	int r = identity_agent(cert, &id, &e);

	if (r < 0) {
		ax_assert(r == AX_E_IDENTITY && e.code == r && e.text[0] != '\0');
		return 0;
	}
	identity_check(cert, &id);
	ax_assert(identity_is_label(slice_str(id.tenant)));
	ax_assert(id.agent[0] == '\0' || identity_is_label(slice_str(id.agent)));
	ax_assert(contains(id.subject, id.tenant));
	snprintf(uri, sizeof(uri), "atlax://%s%s%s", id.tenant,
	    id.agent[0] == '\0' ? "" : "/", id.agent);
	ax_assert(contains(cert, uri));
	return 0;
}
