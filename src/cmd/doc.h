/* doc.h — documents: members of one that the relay sent, in which nothing is taken for
 * granted, and one of our own as it grows. Thread: any.                      */
#ifndef ATLAX_CMD_DOC_H
#define ATLAX_CMD_DOC_H

#include <jansson.h>

#include "base/defs.h"

/* Borrows. Empty: there is no such text. */
static inline const char *
doc_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

/* 0: there is no such number, or it is below. */
static inline uint64_t
doc_number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n < 0 ? 0 : (uint64_t)n;
}

/* How an agent is: "up", "away" or "off". Older relays do not tell. */
static inline const char *
doc_state(const json_t *agent)
{
	const char *s = doc_text(agent, "state");

	return *s != '\0' ? s :
	    json_is_true(json_object_get(agent, "connected")) ? "up" : "away";
}

/* One of our own that has no room for all of it is no document at all (NULL, from then
 * on): with a line less it would say what is not so. */
static inline void
doc_lose(json_t **own)
{
	json_decref(*own);
	*own = NULL;
}

/* Adds the members of more, which is taken; NULL: there was no memory for it. */
static inline void
doc_add(json_t **own, json_t *more)
{
	if (json_object_update_new(*own, more) < 0)
		doc_lose(own);
}

/* Appends to the list of that name, which is made if need be; as doc_add. */
static inline void
doc_append(json_t **own, const char *list, json_t *item)
{
	if (*own != NULL && json_object_get(*own, list) == NULL)
		doc_add(own, json_pack("{s:[]}", list));
	if (json_array_append_new(json_object_get(*own, list), item) < 0)
		doc_lose(own);
}

#endif
