/* revocation.h — whom the relay is to refuse, and what came of it; as in admin.h, all
 * is borrowed during the call. Thread: control.                              */
#ifndef ATLAX_ADMIN_REVOCATION_H
#define ATLAX_ADMIN_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admin_revoke { /* who; one of them is NULL */
	const char *name; /* TENANT[/AGENT] */
	const char *key;  /* SHA-256, hexadecimal */
};

#define ADMIN_WHO_MAX 136

struct admin_revocation { /* what came of it */
	char what[ADMIN_WHO_MAX];
	int64_t at;	   /* Unix seconds; 0: undone */
	uint64_t sessions; /* that were ended */
	bool tenant_known; /* in the relay's configuration */
	const char *crl;   /* where the relay reads its revocation list */
};

struct admin_revoked {
	char what[ADMIN_WHO_MAX];
	bool is_key;
	int64_t at; /* Unix seconds */
};

struct admin_revoked_list {
	const char *file;
	const struct admin_revoked *v;
	size_t n;
};

#endif
