/* expect.h — requests for certificates and what is decided on them, those that are
 * approved before they are made included. The page for these takes
 * {"certificate": PEM, "for_s": N} and nothing else; both are needed. As in admin.h,
 * all is borrowed during the call. Thread: control.                          */
#ifndef ATLAX_ADMIN_EXPECT_H
#define ATLAX_ADMIN_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADMIN_EXPECT_MAX_S (366 * 86400)

struct admin_expect {
	const char *certificate; /* PEM */
	int64_t for_s;		 /* it is kept so long; 1 to ADMIN_EXPECT_MAX_S */
};

struct admin_expected { /* in the answer to /v1/pending */
	uint32_t id;	   /* to reject it by */
	const char *name;  /* TENANT[/AGENT] */
	const char *words; /* of the key */
	uint64_t left_s;
};

struct admin_pending { /* a request for a certificate */
	uint32_t id;
	const char *name, *from, *words;
	const char *state; /* "pending", "approved", "rejected" */
	const char *csr;   /* PEM */
	uint64_t age_s, left_s;
	bool connected; /* the agent waits right now */
};

struct admin_enrolment {
	const char *listen, *pin; /* empty: there is none */
	const struct admin_pending *pending;
	size_t n_pending;
	const struct admin_expected *expected;
	size_t n_expected;
	uint64_t asked, approved, rejected, expired; /* since start */
	uint64_t refused, turned_away;
};

struct admin_decided {
	uint32_t id;
	const char *name, *words;   /* what it said, as in admin_pending */
	const char *tenant, *agent; /* whose certificate it is; NULL: none */
	bool tenant_known; /* approved: in the relay's configuration */
	bool expected;	   /* approved, and has not asked yet */
};

#endif
