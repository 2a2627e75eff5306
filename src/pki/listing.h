/* listing.h — the CA's database as people and programs read it. Thread: any. */
#ifndef ATLAX_PKI_LISTING_H
#define ATLAX_PKI_LISTING_H

#include <stdio.h>

#include "pki/db.h"

/* A table with a heading. Units: now_s in Unix seconds. */
void listing_text(const struct db *db, int64_t now_s, FILE *out);
/* A JSON array of objects, one a line: serial, kind, state, not_before,
 * not_after, revoked (only if it is), names (separated by commas).           */
void listing_json(const struct db *db, int64_t now_s, FILE *out);

#endif
