/* material.h — what a context is made of: the bytes of its files, decoded and
 * looked at once, then immutable and shared by the contexts of every thread.
 * Internal to tls. Thread: any.                                              */
#ifndef ATLAX_TLS_MATERIAL_H
#define ATLAX_TLS_MATERIAL_H

#include <stdatomic.h>

#include "parse/crl.h"
#include "tls/tls.h"

#define MATERIAL_ISSUERS_MAX 8 /* trusted at a time; a CRL for each */

struct blob {
	uint8_t *p;
	size_t n;
};

static inline struct slice
blob_slice(const struct blob *b)
{
	return slice_of(b->p, b->n);
}

/* How a client's certificate says who he is: identity_agent, identity_operator. */
typedef int material_identify(struct slice cert, struct identity *out, struct err *e);

struct material {
	atomic_uint refs;
	enum tls_role role;
	material_identify *identify;
	struct blob chain; /* PEM: our leaf, then what else we send */
	struct blob key;   /* PEM; zeroised at the end */
	struct blob leaf;  /* DER */
	struct blob ca[MATERIAL_ISSUERS_MAX];   /* DER */
	struct blob crl[MATERIAL_ISSUERS_MAX]; /* DER */
	struct crl crl_view[MATERIAL_ISSUERS_MAX]; /* into crl[] */
	size_t ca_count, crl_count;
	struct slice *revoked; /* serials of all lists, sorted; into crl[] */
	size_t revoked_count;
	int64_t not_before, not_after;
	struct tls_pin pin; /* TLS_ENROL_AGENT: of the CA; there is none in ca */
	const struct pinned *pinned; /* verdict.h; the same role */
	char *ca_path, *crl_path; /* for sentences */
};

/* Reads and checks files. Fails: AX_E_CONFIG, AX_E_SYS, AX_E_NOMEM. */
AX_CHECKED int material_new(enum tls_role role, material_identify *identify,
    const struct tls_files *files, struct material **out, struct err *e);
/* Without files: for TLS_ENROL_AGENT. Fails: AX_E_NOMEM. */
AX_CHECKED int material_new_pinned(
    const struct tls_pin *pin, struct material **out, struct err *e);
/* The same but for the revocation lists, which are read. Fails: as material_new. */
AX_CHECKED int material_new_crl(const struct material *from, const char *crl,
    struct material **out, struct err *e);
/* Lists alone, whatever their dates, for comparing. Fails: as material_new. */
AX_CHECKED int material_new_lists(
    const char *crl, struct material **out, struct err *e);
struct material *material_ref(struct material *m);
void material_unref(struct material **m); /* accepts NULL, nulls */

/* Is the serial on any of the lists? */
bool material_is_revoked(const struct material *m, struct slice serial);

/* "2026-01-02", as people write it. */
#define MATERIAL_DATE_LEN 24
void material_date(int64_t t, char out[MATERIAL_DATE_LEN]);

#endif
