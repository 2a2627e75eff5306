/* voucher.h — a voucher that an operator is about to make: the page for it takes
 * {"as": "TENANT[/AGENT]", "for_s": N} and nothing else. The secret does not come
 * here, nor is anything kept; but it is on record who made it, and a relay that takes
 * none says so before there is one. As in admin.h, all is borrowed during the call.
 * Thread: control.                                                           */
#ifndef ATLAX_ADMIN_VOUCHER_H
#define ATLAX_ADMIN_VOUCHER_H

#include <stdbool.h>
#include <stdint.h>

#define ADMIN_VOUCHER_MAX_S (7 * 86400)

struct admin;
struct admin_request;

struct admin_voucher {
	const char *as;
	int64_t for_s; /* 1 to ADMIN_VOUCHER_MAX_S */
};

struct admin_vouchers { /* the answer */
	const char *listen, *pin; /* of the enrolment port */
	bool tenant_known;	  /* in the relay's configuration */
};

/* Takes req. */
void admin_reply_voucher(
    struct admin_request *req, const struct admin_vouchers *v);
/* The page; inside admin only. */
void voucher_ask(struct admin *a, struct admin_request *req);

#endif
