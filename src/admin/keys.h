/* keys.h — a few secrets of 128 bits that are good for a while: links and sessions
 * of the dashboard. Inside admin only. Thread: control.                      */
#ifndef ATLAX_ADMIN_KEYS_H
#define ATLAX_ADMIN_KEYS_H

#include "admin/who.h"
#include "base/frost.h"

#define KEYS_MAX 16u
#define KEY_TEXT 33 /* hexadecimal, terminated */

struct keys {
	struct {
		char text[KEY_TEXT];
		uint64_t until_ms; /* 0: free */
		struct admin_who who;
	} all[KEYS_MAX];
};

/* Another one; if there is no place, the one that ends first makes room. */
void keys_add(struct keys *k, uint64_t until_ms, const struct admin_who *who,
    char out[KEY_TEXT]);
/* Until when text is good, or 0. Takes the same time whatever differs. */
uint64_t keys_until(const struct keys *k, const char *text, uint64_t now_ms);
/* Who it was made for; false: it is not good. */
bool keys_who(const struct keys *k, const char *text, uint64_t now_ms,
    struct admin_who *out);
/* The same, and it is good no more. */
bool keys_use_up(struct keys *k, const char *text, uint64_t now_ms,
    struct admin_who *out);
/* From one process to the next. */
void keys_frost(struct keys *k, struct frost *f);

#endif
