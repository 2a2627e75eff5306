/* expected.h — agents whose key the operator knows before they ask: each with the
 * certificate that he made, kept in a file of the state directory until it is handed
 * over or its time is over. Thread: control.                                 */
#ifndef ATLAX_RELAY_EXPECTED_H
#define ATLAX_RELAY_EXPECTED_H

#include "base/list.h"
#include "enrol/words.h"
#include "pki/names.h"
#include "pki/store.h"

#define EXPECTED_MAX 256

struct expected_entry {
	struct list link;
	uint32_t id; /* the caller's */
	uint8_t spki[SPKI_HASH_LEN];
	char name[sizeof(((struct agent_name *)NULL)->text)], words[WORDS_TEXT];
	int64_t until; /* Unix seconds */
	struct buf certificate; /* DER */
};

struct expected {
	struct list entries; /* oldest first */
	size_t n;
	const struct store *dir; /* borrowed for life */
};

/* Reads the file, if there is one; what is over is left out. Of a file that cannot
 * be used nothing is taken, and the failure says why; x is usable either way.
 * Fails: AX_E_SYNTAX, AX_E_CONFIG, AX_E_SYS, AX_E_NOMEM.                     */
AX_CHECKED int expected_begin(struct expected *x, const struct store *dir,
    int64_t now_s, struct err *e);
void expected_end(struct expected *x);
void expected_forget_old(struct expected *x, int64_t now_s);

/* The key that a certificate (DER) is for. Fails: AX_E_IDENTITY. */
AX_CHECKED int expected_key(
    struct slice certificate, uint8_t spki[SPKI_HASH_LEN], struct err *e);
/* Takes in one, in the place of an older one for its key; it is on the disk when this
 * returns. It is kept no longer than the certificate is good. Fails: AX_E_LIMIT,
 * AX_E_IDENTITY, AX_E_SYS, AX_E_NOMEM; nothing is changed then.              */
AX_CHECKED int expected_add(struct expected *x, struct slice certificate,
    int64_t until, struct expected_entry **out, struct err *e);
struct expected_entry *expected_find(
    struct expected *x, const uint8_t spki[SPKI_HASH_LEN]); /* or NULL */
struct expected_entry *expected_number(struct expected *x, uint32_t id); /* or NULL */
/* It was used up, or is not wanted any more. Fails: AX_E_SYS, AX_E_NOMEM: it is
 * forgotten, but not by the disk.                                            */
AX_CHECKED int expected_remove(
    struct expected *x, struct expected_entry *it, struct err *e);

#endif
