/* roads.h — which port is whose in the world, and what the way there is like.
 * Thread: main.                                                              */
#ifndef ATLAX_TESTS_WORLD_ROADS_H
#define ATLAX_TESTS_WORLD_ROADS_H

#include "kernel.h"

#define PORT_AGENTS 8443	/* the relay, for agents */
#define PORT_PUBLIC 10000	/* + 16 * tenant + service: the relay, for visitors */
#define PORT_SERVICE 20000	/* + 16 * agent + service: next to the agent */

/* Of the relay's ports, by the run's plan; of the others, a short way. */
const struct road *road_to(uint16_t port);

#endif
