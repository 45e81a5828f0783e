/* Prints manifests, "manifest HEX": one as large as its lists may be, one of a single
 * record. The checks of records and signatures are not asked. */
#include <stdio.h>
#include <stdlib.h>

#include "journal/manifest.h"
#include "samples.h"

static uint8_t plenty[RECORD_MAX];

static void
print(const struct manifest_content *c, size_t key, size_t signature)
{
	static uint8_t content[1u << 18], seal[4096], whole[1u << 19];
	uint8_t statement[STATEMENT_SIZE_MAX];
	struct record r = sample_manifest("x", 1, c->records_len);
	size_t len, seal_len, content_len, i;

	manifest_statement_write(&r.manifest.order.statement, statement, &len);
	if (!manifest_seal_write(span_of(statement, len), span_of(plenty, key),
		span_of(plenty, signature), seal, sizeof(seal), &seal_len) ||
	    !manifest_content_write(
		c, content, sizeof(content), &content_len) ||
	    !manifest_write(span_of(seal, seal_len),
		span_of(content, content_len), whole, sizeof(whole), &len))
		abort();
	printf("manifest ");
	for (i = 0; i < len; i++)
		printf("%02x", whole[i]);
	putchar('\n');
}

int
main(void)
{
	static struct manifest_content c;
	unsigned i;

	c.records_len = c.certificates_len = c.chains_len = 1;
	c.records[0] = span_of(plenty, RECORD_MAX);
	c.certificates[0] = span_of(plenty, CERTIFICATE_MAX);
	c.chains[0].len = CHAIN_MAX;
	for (i = 0; i < CHAIN_MAX; i++)
		c.chains[0].certificates[i] = span_of(plenty, CERTIFICATE_MAX);
	print(&c, SPKI_MAX, MANIFEST_SIGNATURE_MAX);
	c.records_len = MANIFEST_RECORDS_MAX;
	for (i = 0; i < MANIFEST_RECORDS_MAX; i++)
		c.records[i] = span_of(plenty, 100);
	c.certificates_len = MANIFEST_DEVICES_MAX;
	c.chains_len = MANIFEST_CHAINS_MAX;
	for (i = 0; i < MANIFEST_CHAINS_MAX; i++) {
		c.chains[i].len = 2;
		c.chains[i].certificates[0] = span_of(plenty, 1);
		c.chains[i].certificates[1] = span_of(plenty, 2);
	}
	print(&c, 91, 72);
	return 0;
}
