/* queue.h — requests that wait for the operator, each known by its key. Bounded in
 * number, per source and in time. Pure but for memory: time is an argument.
 * Thread: owner.                                                             */
#ifndef ATLAX_ENROL_QUEUE_H
#define ATLAX_ENROL_QUEUE_H

#include "base/frost.h"
#include "base/list.h"
#include "enrol/message.h"
#include "enrol/words.h"

#define QUEUE_MAX 64
#define QUEUE_AWAITED 16 /* more, for keys that were approved before */
#define QUEUE_SOURCE_MAX 2 /* of them waiting, from one source */
#define QUEUE_GAP_NS AX_NS_PER_S /* between two of one source */
#define QUEUE_SOURCE_LEN 8

enum queue_state { QUEUE_PENDING, QUEUE_APPROVED, QUEUE_REJECTED };

struct queue_entry {
	struct list link;
	uint32_t id;
	enum queue_state state;
	uint64_t asked_ns;
	uint8_t spki[SPKI_HASH_LEN];
	uint8_t source[QUEUE_SOURCE_LEN];
	char name[64], words[WORDS_TEXT], address[160];
	struct buf csr, certificate; /* DER */
	void *visit; /* server's: who waits for it; NULL: nobody now */
};

struct queue_counts { /* since start */
	uint64_t asked, full, source, rate, approved, rejected, expired;
};

struct queue {
	struct list entries; /* oldest first */
	size_t n;
	uint32_t last_id;
	uint64_t ttl_ns;
	struct queue_counts counts;
};

void queue_init(struct queue *q, uint64_t ttl_ns);
void queue_fini(struct queue *q);

struct queue_ask {
	const struct pubkey *key;
	struct slice name, csr;
	const char *words, *address;
	uint8_t source[QUEUE_SOURCE_LEN]; /* IPv4, or the first half of IPv6 */
	bool awaited; /* its key was approved before: strangers do not keep it out */
};

/* A request. One of a key that is known continues the older: it keeps its place,
 * its time and what was decided. Returns 0 and the entry; an enum enrol_refusal;
 * or a failure. Fails: AX_E_NOMEM.                                           */
AX_CHECKED int queue_ask(struct queue *q, const struct queue_ask *ask,
    uint64_t now_ns, struct queue_entry **out);
struct queue_entry *queue_find(struct queue *q, uint32_t id); /* or NULL */
struct queue_entry *queue_find_key(
    struct queue *q, const uint8_t spki[SPKI_HASH_LEN]); /* or NULL */
/* A number that no request has or will have. */
uint32_t queue_number(struct queue *q);

/* Decides; once. Fails: AX_E_NOTFOUND, AX_E_EXIST (decided before), AX_E_NOMEM. */
AX_CHECKED int queue_approve(struct queue *q, uint32_t id,
    struct slice certificate, struct queue_entry **out, struct err *e);
AX_CHECKED int queue_reject(
    struct queue *q, uint32_t id, struct queue_entry **out, struct err *e);

/* The oldest entry whose time is over, or NULL. */
struct queue_entry *queue_expired(struct queue *q, uint64_t now_ns);
/* When the next one's is; AX_NEVER: there is none. */
uint64_t queue_next_ns(const struct queue *q);
void queue_remove(struct queue *q, struct queue_entry *entry);
uint32_t queue_left_s(
    const struct queue *q, const struct queue_entry *entry, uint64_t now_ns);
/* From one process to the next; who waits comes again by himself. What is read goes
 * into a queue of which nobody has asked anything yet.                       */
void queue_frost(struct queue *q, struct frost *f);

#endif
