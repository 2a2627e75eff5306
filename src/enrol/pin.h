/* pin.h — the pin of a relay's CA as people carry it: 25 characters of Crockford's
 * base32 in groups of five. Thread: any.                                     */
#ifndef ATLAX_ENROL_PIN_H
#define ATLAX_ENROL_PIN_H

#include "tls/tls.h"

#define PIN_TEXT 30 /* "7Q2M4-KTD9X-WFV3H-AP8RC-2KNE6" */

void pin_text(const struct tls_pin *pin, char out[PIN_TEXT]);
/* Letters of either case; hyphens may be anywhere; O is 0, I and L are 1.
 * Fails: AX_E_RANGE.                                                         */
AX_CHECKED int pin_parse(const char *text, struct tls_pin *out, struct err *e);

#endif
