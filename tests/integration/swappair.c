/* swappair.c — swappair DIR [FRESH]: replaces agent.crt and agent.key in DIR by
 * those in FRESH, as an agent that renews does; without FRESH, settles what an
 * interrupted one has left, as an agent that starts does. Either way it ends with
 * the name of the key in force, its public half, on standard output. Exit status:
 * 0, or 1 with a sentence.                                                   */
#include <stdio.h>

#include "base/str.h"
#include "pki/pair.h"

struct place {
	char certificate[256], key[256];
	struct pair_paths at;
};

static void
find(const char *dir, struct place *p)
{
	(void)snprintf(p->certificate, sizeof(p->certificate), "%s/agent.crt", dir);
	(void)snprintf(p->key, sizeof(p->key), "%s/agent.key", dir);
	p->at = (struct pair_paths){ p->certificate, p->key };
}

static int
swap(const struct place *p, const char *from, struct err *e)
{
	struct place fresh;
	struct pair new;
	int r;

	find(from, &fresh);
	r = pair_read(&fresh.at, &new, e);
	if (r < 0)
		return r;
	r = pair_prepare(&p->at, &new.key, e);
	if (r == 0)
		r = pair_commit(&p->at, buf_slice(&new.certificate), e);
	pair_fini(&new);
	return r;
}

int
main(int argc, char **argv)
{
	char hex[2 * KEY_PUBLIC_MAX + 1];
	struct place p;
	struct pair now;
	struct str s;
	struct err e = { 0 };
	int r;

	if (argc < 2)
		return 1;
	find(argv[1], &p);
	r = pair_settle(&p.at, &e);
	if (r >= 0 && argc > 2)
		r = swap(&p, argv[2], &e);
	if (r >= 0)
		r = pair_read(&p.at, &now, &e);
	if (r < 0) {
		fprintf(stderr, "swappair: %s\n", e.text);
		return 1;
	}
	str_init(&s, hex, sizeof(hex));
	str_hex(&s, slice_of(now.key.public.bytes, now.key.public.len));
	pair_fini(&now);
	puts(hex);
	return 0;
}
