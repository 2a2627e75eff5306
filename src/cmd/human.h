/* human.h — numbers for people. Thread: any. */
#ifndef ATLAX_CMD_HUMAN_H
#define ATLAX_CMD_HUMAN_H

#include "base/str.h"

void human_bytes(struct str *s, uint64_t bytes);	/* 0 B, 17 KiB, 1.4 GiB */
void human_seconds(struct str *s, uint64_t seconds); /* 12 s, 3 min, 2 d 4 h */
void human_us(struct str *s, uint64_t us);		/* 0.12 ms, 34 ms, 1.2 s */
void human_rtt(struct str *s, uint64_t us);		/* the same; 0: -, not measured */

#endif
