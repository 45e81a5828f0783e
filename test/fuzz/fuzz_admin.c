/*
 * What an operator's program asks: an ADMIN frame's payload, its arguments as
 * text and numbers, and as the fields of a product. Texts are printable and
 * terminated, numbers in range.
 */
#include "authority/authority.h"
#include "base/text.h"
#include "fuzz.h"
#include "model/product.h"
#include "wire/cbor.h"

static uint64_t
argument_read(const struct message_admin *m, const char *name, uint64_t digest)
{
	char text[128];
	struct why why;
	uint64_t n;

	if (admin_text(m, name, text, sizeof(text), false, &why) == REASON_OK) {
		require(text_printable(span_str(text)));
		digest = digest_add(digest, text, strlen(text));
	}
	if (admin_number(m, name, 1000, 7, &n, &why) == REASON_OK) {
		require(n <= 1000);
		digest = digest_add(digest, &n, sizeof(n));
	}
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct message_admin m;
	uint64_t digest = ACCEPTED;
	struct product p;
	struct cbor c;
	struct why why;
	unsigned i;

	cbor_open(&c, span_of(bytes, len), true);
	memset(&m, 0, sizeof(m));
	if (!message_admin_get(&c, &m))
		return 0;
	product_defaults(&p);
	for (i = 0; i < m.arguments_len; i++) {
		digest = argument_read(&m, m.arguments[i].name, digest);
		if (product_set(&p, span_str(m.arguments[i].name),
			m.arguments[i].value, &why) == REASON_OK)
			digest = digest_add(digest, "field", 5);
	}
	if (product_check(&p, &why) == REASON_OK) {
		require(p.counter_width >= 4 && p.counter_width <= 12);
		require(p.name[0] != '\0');
		digest = digest_add(digest, p.name, strlen(p.name));
	}
	return digest;
}
