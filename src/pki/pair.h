/* pair.h — a certificate and its key in two files, and how both are replaced so
 * that at every moment there is a pair that works:
 *
 *	KEY.next   the new key, before anybody is asked for a certificate
 *	CERT       the new certificate takes the place of the old one: from here on
 *	           the new pair counts
 *	KEY        KEY.next takes the place of the old key
 *
 * Who is stopped between the last two is helped by pair_settle. Paths must outlive
 * the calls only. Thread: owner of the files.                                */
#ifndef ATLAX_PKI_PAIR_H
#define ATLAX_PKI_PAIR_H

#include "pki/key.h"

#define PAIR_NEXT ".next"

struct pair_paths {
	const char *certificate, *key;
};

/* What is in the files. */
struct pair {
	struct buf certificate; /* DER; of the first one in the file */
	struct key key;
};

/* To be called before the pair is read: if the certificate is that of KEY.next, the
 * last step is made up for. Whatever else is wrong with the files is left for who
 * reads them. Returns 1: that was so. Fails: AX_E_SYS: the step cannot be made. */
AX_CHECKED int pair_settle(const struct pair_paths *p, struct err *e);
/* Fails: AX_E_CONFIG (they do not belong together), and what reading can give;
 * nothing to end then.                                                       */
AX_CHECKED int
pair_read(const struct pair_paths *p, struct pair *out, struct err *e);
void pair_fini(struct pair *p); /* zeroises */
/* Writes KEY.next, in place of what was left there. Fails: AX_E_SYS, AX_E_NOMEM. */
AX_CHECKED int pair_prepare(
    const struct pair_paths *p, const struct key *next, struct err *e);
/* Certificate (DER), then key: the new pair is in force. Fails: AX_E_SYS,
 * AX_E_NOMEM; the old pair is, or pair_settle has to be called.              */
AX_CHECKED int pair_commit(
    const struct pair_paths *p, struct slice certificate, struct err *e);

#endif
