/* pin.c — 125 bits as 25 characters, and back.
 *
 * Thread: any. Pure.                                                         */
#include "enrol/pin.h"

#include "base/base32.h"

#define DIGITS 25
#define GROUP 5

void
pin_text(const struct tls_pin *pin, char out[PIN_TEXT])
{
	base32_write(pin->bits, TLS_PIN_LEN, DIGITS, GROUP, out);
}

int
pin_parse(const char *text, struct tls_pin *out, struct err *e)
{
	struct tls_pin pin;

	if (!base32_read(text, DIGITS, pin.bits, TLS_PIN_LEN))
		return err_set(e, AX_E_RANGE, "a pin has 25 letters and digits, like "
		    "7Q2M4-KTD9X-WFV3H-AP8RC-2KNE6");
	*out = pin;
	return 0;
}
