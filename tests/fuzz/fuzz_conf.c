/* fuzz_conf.c — configuration files. What loads must load again from its own
 * dump, and say the same: dump is a fixed point. The first byte says whose it
 * is. Thread: owner.                                                         */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "conf/parse.h"
#include "fuzz.h"

struct text {
	char *p;
	size_t n;
};

/* Loads the text; its dump, or an empty text when it was refused. */
static struct text
load_dump(bool relay, struct slice in)
{
	struct conf_relay *cr = NULL;
	struct conf_agent *ca = NULL;
	struct text out = { 0 };
	struct err e = { 0 };
	FILE *f;
	int r;

	r = relay ? conf_relay_parse("fuzz.yaml", "/etc", in, &cr, &e) :
	    conf_agent_parse("fuzz.yaml", "/etc", in, &ca, &e);
	if (r < 0) {
		ax_assert(e.code == r && e.text[0] != '\0');
		ax_assert(cr == NULL && ca == NULL);
		return out;
	}
	f = open_memstream(&out.p, &out.n);
	ax_assert(f != NULL);
	if (relay)
		conf_relay_dump(cr, f);
	else
		conf_agent_dump(ca, f);
	fclose(f);
	conf_relay_free(&cr);
	conf_agent_free(&ca);
	ax_assert(out.n > 0);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices c = { data, data + size };
	bool relay = choose_u8(&c) == 'r';
	struct text first = load_dump(relay, choose_bytes(&c, size)), second;

	if (first.p == NULL)
		return 0;
	second = load_dump(relay, slice_of(first.p, first.n));
	ax_assert(second.p != NULL);
	ax_assert(slice_eq(slice_of(first.p, first.n), slice_of(second.p, second.n)));
	free(first.p);
	free(second.p);
	return 0;
}
