/* OpenSSL's builder, see foreign.h. */
#include "foreign.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

static void *
must(void *p)
{
	if (p == NULL) {
		ERR_print_errors_fp(stderr);
		abort();
	}
	return p;
}

static void
must_be(int good)
{
	if (good <= 0)
		must(NULL);
}

static void
name_add(X509_NAME *name, const char *field, int type, const char *value)
{
	if (value != NULL)
		must_be(X509_NAME_add_entry_by_txt(name, field, type,
		    (const unsigned char *)value, -1, -1, 0));
}

static void
names_set(X509 *x, const struct recipe *r)
{
	X509_NAME *name = must(X509_NAME_new());

	name_add(name, "O", V_ASN1_UTF8STRING, r->organization);
	name_add(name, "OU", V_ASN1_UTF8STRING, r->unit);
	name_add(name, "CN", V_ASN1_UTF8STRING, r->common_name);
	name_add(name, "serialNumber",
	    r->serial_number_type != 0 ? r->serial_number_type
				       : V_ASN1_PRINTABLESTRING,
	    r->serial_number);
	name_add(name, "serialNumber", V_ASN1_PRINTABLESTRING,
	    r->second_serial_number);
	must_be(X509_set_subject_name(x, name));
	if (r->issuer_name != NULL) {
		X509_NAME_free(name);
		name = must(X509_NAME_new());
		name_add(name, "CN", V_ASN1_UTF8STRING, r->issuer_name);
		must_be(X509_set_issuer_name(x, name));
	} else {
		must_be(X509_set_issuer_name(x,
		    r->issuer != NULL ? X509_get_subject_name(r->issuer->x)
				      : name));
	}
	X509_NAME_free(name);
}

static void
serial_set(X509 *x, const char *hex)
{
	bool negative = hex[0] == '-';
	BIGNUM *n = NULL;

	BN_hex2bn(&n, hex + negative);
	BN_set_negative(n, negative);
	must(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
	BN_free(n);
}

static void
dates_set(X509 *x, const struct recipe *r)
{
	const char *from =
	    r->not_before != NULL ? r->not_before : "20240101000000Z";
	const char *until =
	    r->not_after != NULL ? r->not_after : "99991231235959Z";
	ASN1_TIME *t;

	must_be(ASN1_TIME_set_string_X509(X509_getm_notBefore(x), from));
	must_be(ASN1_TIME_set_string_X509(X509_getm_notAfter(x), until));
	if (r->not_before_generalized) {
		t = must(ASN1_GENERALIZEDTIME_new());
		must_be(ASN1_GENERALIZEDTIME_set_string(t, from));
		must_be(X509_set1_notBefore(x, t));
		ASN1_GENERALIZEDTIME_free(t);
	}
	if (r->not_after_utc != NULL) {
		t = must(ASN1_UTCTIME_new());
		must_be(ASN1_UTCTIME_set_string(t, r->not_after_utc));
		must_be(X509_set1_notAfter(x, t));
		ASN1_UTCTIME_free(t);
	}
}

static void
extensions_set(X509 *x, const struct recipe *r)
{
	CONF *none = must(NCONF_new(NULL));
	X509V3_CTX context;
	X509_EXTENSION *e;
	unsigned i;

	X509V3_set_ctx(
	    &context, r->issuer != NULL ? r->issuer->x : x, x, NULL, NULL, 0);
	X509V3_set_nconf(&context, none);
	for (i = 0; i < RECIPE_EXTENSIONS; i++) {
		if (r->extensions[i].name == NULL)
			continue;
		e = must(X509V3_EXT_nconf(NULL, &context, r->extensions[i].name,
		    r->extensions[i].value));
		must_be(X509_add_ext(x, e, -1));
		X509_EXTENSION_free(e);
	}
	NCONF_free(none);
}

void
foreign_make(struct foreign *f, const struct recipe *r)
{
	unsigned char *der = NULL;
	struct why why;
	int len;

	memset(f, 0, sizeof(*f));
	f->x = must(X509_new());
	f->key = r->key != NULL ? r->key : must(EVP_EC_gen("P-256"));
	if (r->key != NULL)
		EVP_PKEY_up_ref(r->key);
	must_be(X509_set_version(f->x, 2));
	serial_set(f->x,
	    r->serial != NULL ? r->serial : "1122334455667788990011223344");
	names_set(f->x, r);
	dates_set(f->x, r);
	must_be(X509_set_pubkey(f->x, f->key));
	extensions_set(f->x, r);
	must_be(X509_sign(f->x, r->issuer != NULL ? r->issuer->key : f->key,
	    r->md != NULL ? r->md : EVP_sha256()));
	len = i2d_X509(f->x, &der);
	must_be(len);
	f->der = span_of(der, (size_t)len);
	if (certificate_read(f->der, &f->c, &why) != REASON_OK) {
		fprintf(stderr, "not readable: %s\n", why.text);
		abort();
	}
}

void
foreign_free(struct foreign *f)
{
	X509_free(f->x);
	EVP_PKEY_free(f->key);
	OPENSSL_free((void *)(uintptr_t)f->der.ptr);
	memset(f, 0, sizeof(*f));
}

struct span
foreign_load(const char *name)
{
	char path[500];
	unsigned char *der = NULL;
	X509 *x;
	FILE *f;
	int len;

	snprintf(path, sizeof(path), VECTORS "/%s", name);
	f = must(fopen(path, "rb"));
	x = PEM_read_X509(f, NULL, NULL, NULL);
	if (x == NULL) {
		rewind(f);
		x = must(d2i_X509_fp(f, NULL));
	}
	ERR_clear_error();
	fclose(f);
	len = i2d_X509(x, &der);
	must_be(len);
	X509_free(x);
	return span_of(der, (size_t)len);
}

bool
foreign_vector(unsigned n, const char **name, struct span *der)
{
	static const char *const names[] = {
		"cbrski-cose/domain_ca.der",
		"cbrski-cose/domain_ca.pem",
		"cbrski-cose/masa.der",
		"cbrski-cose/masa_ca.der",
		"cbrski-cose/pledge.der",
		"cbrski-cose/registrar.der",
		"jws-voucher/pvr-signer-key-and-chain.pem",
		"jws-voucher/rvr-signer-key-and-chain.pem",
		"jws-voucher/voucher-signer-key-and-chain.pem",
		"rfc8995-appendix-c/idevid_00-D0-E5-F2-00-02.crt",
		"rfc8995-appendix-c/jrc_prime256v1.crt",
		"rfc8995-appendix-c/masa.crt",
		"rfc8995-appendix-c/masa_secp384r1.crt",
		"rfc8995-appendix-c/ownerca_secp384r1.crt",
		"rfc8995-appendix-c/server_secp256k1.crt",
		"rfc8995-appendix-c/vendor.crt",
	};

	if (n >= sizeof(names) / sizeof(names[0]))
		return false;
	*name = names[n];
	*der = foreign_load(names[n]);
	return true;
}
