/* attack.h — a case: what a bad peer does, and how it must end.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_ATTACK_ATTACK_H
#define ATLAX_TESTS_ATTACK_ATTACK_H

#include "raw.h"

enum attack_end {
	ATTACK_REFUSED, /* before we were anybody */
	ATTACK_BROKEN,	/* we were let in, and thrown out for what came then */
	ATTACK_OPEN,	/* nothing is wrong: the connection stands */
};

/* What an attacker may have. */
enum attack_means {
	ATTACK_NOTHING,
	ATTACK_CA,   /* the CA's certificate, which is public */
	ATTACK_LEAF, /* a certificate of that CA, and its key */
};

struct attack_credentials {
	struct blob leaf, ca; /* DER; may be empty */
	struct forge_key key;
};

struct attack {
	struct raw raw;
	const struct attack_credentials *have;
	int arg; /* of the case */
	const char *text;
};

struct attack_case {
	const char *name;
	enum attack_means needs;
	enum attack_end end;
	void (*run)(struct attack *a);
	int arg;
	const char *text;
};

/* As a client against a relay, as a server against an agent; and what both do
 * once they are let in.                                                      */
extern const struct attack_case client_cases[], server_cases[], after_cases[];
extern const size_t client_case_count, server_case_count, after_case_count;

/* Shows the good certificate. */
void attack_show_leaf(struct attack *a);
/* Shows the CA's certificate around our key: as a leaf, or below a leaf that it
 * signed.                                                                    */
void attack_show_clone(struct attack *a, bool as_leaf);
/* A leaf of a CA of our own, in that CA's name or in a new one. */
void attack_show_other_ca(struct attack *a, bool in_its_name);

#endif
