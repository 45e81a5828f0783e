/*
 * The foreign judge's hand for COSE_Sign1 (RFC 9052 4.2): libcbor takes FILE
 * apart and lays out what the signature covers, in OUT.covered and
 * OUT.signature, for `openssl pkeyutl`. Both header maps and the payload go to
 * standard output as JSON, octets as {"bytes":"hex"}, tags as
 * {"tag":[N,item]}, maps as lists of pairs.
 *
 * usage: cose_apart FILE OUT       status 1 and a line if it is no COSE_Sign1
 */
#include <cbor.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define OBJECT_MAX 65536

static _Noreturn void
end(const char *why)
{
	fprintf(stderr, "cose_apart: %s\n", why);
	exit(1);
}

static void
print_text(const cbor_item_t *item)
{
	const unsigned char *p = cbor_string_handle(item);
	size_t i;

	putchar('"');
	for (i = 0; i < cbor_string_length(item); i++) {
		if (p[i] < ' ' || p[i] > '~' || p[i] == '"' || p[i] == '\\')
			end("a text that is more than plain ASCII");
		putchar(p[i]);
	}
	putchar('"');
}

static void
print_bytes(const cbor_item_t *item)
{
	size_t i;

	if (!cbor_bytestring_is_definite(item))
		end("a string of indefinite length");
	printf("{\"bytes\":\"");
	for (i = 0; i < cbor_bytestring_length(item); i++)
		printf("%02x", cbor_bytestring_handle(item)[i]);
	printf("\"}");
}

static void print_item(const cbor_item_t *item);

static void
print_array(const cbor_item_t *item)
{
	cbor_item_t **part = cbor_array_handle(item);
	size_t i;

	printf("{\"array\":[");
	for (i = 0; i < cbor_array_size(item); i++) {
		printf("%s", i > 0 ? "," : "");
		print_item(part[i]);
	}
	printf("]}");
}

static void
print_map(const cbor_item_t *item)
{
	struct cbor_pair *pair = cbor_map_handle(item);
	size_t i;

	printf("[");
	for (i = 0; i < cbor_map_size(item); i++) {
		printf("%s[", i > 0 ? "," : "");
		print_item(pair[i].key);
		printf(",");
		print_item(pair[i].value);
		printf("]");
	}
	printf("]");
}

static void
print_tag(const cbor_item_t *item)
{
	cbor_item_t *inside = cbor_tag_item(item);

	printf("{\"tag\":[%" PRIu64 ",", cbor_tag_value(item));
	print_item(inside);
	printf("]}");
	cbor_decref(&inside);
}

static void
print_item(const cbor_item_t *item)
{
	if (cbor_isa_uint(item))
		printf("%" PRIu64, cbor_get_int(item));
	else if (cbor_isa_negint(item))
		printf("-%" PRIu64, cbor_get_int(item) + 1);
	else if (cbor_isa_bytestring(item))
		print_bytes(item);
	else if (cbor_isa_string(item))
		print_text(item);
	else if (cbor_isa_array(item))
		print_array(item);
	else if (cbor_isa_map(item))
		print_map(item);
	else if (cbor_isa_tag(item))
		print_tag(item);
	else if (cbor_is_bool(item))
		printf("%s", cbor_get_bool(item) ? "true" : "false");
	else
		end("an item of a kind that no voucher has");
}

static cbor_item_t *
load(const unsigned char *bytes, size_t len)
{
	struct cbor_load_result result;
	cbor_item_t *item = cbor_load(bytes, len, &result);

	if (item == NULL || result.error.code != CBOR_ERR_NONE)
		end("libcbor does not read it");
	if (result.read != len)
		end("octets behind the object");
	return item;
}

static void
print_inside(const char *name, const cbor_item_t *bytes)
{
	cbor_item_t *item =
	    load(cbor_bytestring_handle(bytes), cbor_bytestring_length(bytes));

	printf("\"%s\":", name);
	print_item(item);
	printf(",");
	cbor_decref(&item);
}

static void
keep(const char *out, const char *what, const unsigned char *bytes, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%s", out, what);
	if ((f = fopen(path, "wb")) == NULL ||
	    fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		end("cannot write");
}

/* Sig_structure of RFC 9052 4.4, without external data. */
static void
keep_covered(const char *out, cbor_item_t *protected, cbor_item_t *payload)
{
	cbor_item_t *s = cbor_new_definite_array(4);
	unsigned char *bytes = NULL;
	size_t len, room;

	if (!cbor_array_push(s, cbor_move(cbor_build_string("Signature1"))) ||
	    !cbor_array_push(s, protected) ||
	    !cbor_array_push(s, cbor_move(cbor_build_bytestring(NULL, 0))) ||
	    !cbor_array_push(s, payload) ||
	    (len = cbor_serialize_alloc(s, &bytes, &room)) == 0)
		end("no memory");
	keep(out, "covered", bytes, len);
	free(bytes);
	cbor_decref(&s);
}

int
main(int argc, char **argv)
{
	static unsigned char bytes[OBJECT_MAX];
	cbor_item_t *root, **part;
	size_t len;
	FILE *f;

	if (argc != 3 || (f = fopen(argv[1], "rb")) == NULL)
		end("usage: cose_apart FILE OUT");
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	/* libcbor 0.8 refuses this tag, in one octet, as it is not known to it. */
	if (len == 0 || bytes[0] != 0xd2)
		end("no tag 18");
	root = load(bytes + 1, len - 1);
	if (!cbor_isa_array(root) || !cbor_array_is_definite(root) ||
	    cbor_array_size(root) != 4)
		end("no array of four");
	part = cbor_array_handle(root);
	if (!cbor_isa_bytestring(part[0]) || !cbor_isa_map(part[1]) ||
	    !cbor_isa_bytestring(part[2]) || !cbor_isa_bytestring(part[3]))
		end("not bytes, map, bytes and bytes");
	keep_covered(argv[2], part[0], part[2]);
	keep(argv[2], "signature", cbor_bytestring_handle(part[3]),
	    cbor_bytestring_length(part[3]));
	printf("{");
	print_inside("protected", part[0]);
	print_inside("payload", part[2]);
	printf("\"unprotected\":");
	print_item(part[1]);
	printf("}\n");
	cbor_decref(&root);
	return 0;
}
