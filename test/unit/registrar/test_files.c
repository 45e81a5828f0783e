/* Anchors from files: a key that could verify nothing is none, in either form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../folder.h"
#include "base/file.h"
#include "envelope/pem.h"
#include "registrar/registrar.h"

#define MASA VECTORS "/rfc8995-appendix-c/masa.crt"

static uint8_t room[FILE_MAX];
static struct span spki;
static struct why why;

/* The published anchor with another last octet of its key. */
static enum reason
changed_anchor(const char *label, bool key_alone)
{
	uint8_t der[2048];
	struct certificate c;
	struct buf text;
	size_t len;
	enum reason r;

	assert_int_equal(file_read(MASA, &text, 4096, &why), REASON_OK);
	assert_true(
	    pem_or_der(buf_span(&text), "CERTIFICATE", der, sizeof(der), &len));
	assert_int_equal(certificate_read(span_of(der, len), &c, &why), 0);
	der[(size_t)(c.spki.ptr - der) + c.spki.len - 1] ^= 1;
	buf_clear(&text);
	assert_true(
	    pem_write(&text, label, key_alone ? c.spki : span_of(der, len)));
	assert_int_equal(
	    file_write(inside("anchor"), buf_span(&text), 0600, &why),
	    REASON_OK);
	buf_free(&text);
	r = anchor_load(room, &spki, inside("anchor"), &why);
	unlink(inside("anchor"));
	return r;
}

static void
a_key_off_its_curve_is_no_anchor(void **state)
{
	(void)state;
	assert_int_equal(anchor_load(room, &spki, MASA, &why), REASON_OK);
	assert_int_equal(changed_anchor("PUBLIC KEY", true), REASON_KEY_WEAK);
	assert_int_equal(changed_anchor("CERTIFICATE", false), REASON_KEY_WEAK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_off_its_curve_is_no_anchor),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
