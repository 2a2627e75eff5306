/* flows.h — all visitors, all services, and which of their connections belong
 * together, as their introductions say. Thread: main.                        */
#ifndef ATLAX_TESTS_WORLD_FLOWS_H
#define ATLAX_TESTS_WORLD_FLOWS_H

#include "talker.h"

void flows_begin(void);
/* What is due. True: something was. */
bool flows_turn(void);
uint64_t flows_next_ns(void);
/* The relay is killed: its kernel ends visitors' connections with FIN. */
void flows_excuse_visitors(void);
/* The same of an agent and the services beside it. */
void flows_excuse_services(unsigned agent);
/* It may be somebody else from now on, of another tenant. */
void flows_doubt(unsigned agent);
/* The services beside an agent come and go. */
void flows_services(unsigned agent, bool open);
/* From now on everybody reads, and all services are there. */
void flows_calm(void);
/* All that have begun are over; how many are not, into *left. */
bool flows_are_over(unsigned *left);
/* Who is left, to the report. */
void flows_name_stuck(void);
/* One more visitor, who must be served from end to end. */
struct talker *flows_probe(unsigned tenant, unsigned service);
/* Totals, for the figures at the end of a run. */
struct flow_counts {
	unsigned begun, content, reset;
	uint64_t bytes;
};
void flows_count(struct flow_counts *n);
void flows_end(void);

#endif
