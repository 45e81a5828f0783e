/* Who includes this, once in a program whose linker wraps EVP_PBE_scrypt(), is told
 * of each derivation of ours before it begins; libcrypto calls its own without the
 * linker. */
#ifndef TEST_SCRYPT_H
#define TEST_SCRYPT_H

#include <stddef.h>
#include <stdint.h>

static void scrypt_called(void);

int __real_EVP_PBE_scrypt(const char *pass, size_t passlen,
    const unsigned char *salt, size_t saltlen, uint64_t n, uint64_t r,
    uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen);
int __wrap_EVP_PBE_scrypt(const char *pass, size_t passlen,
    const unsigned char *salt, size_t saltlen, uint64_t n, uint64_t r,
    uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen);

int
__wrap_EVP_PBE_scrypt(const char *pass, size_t passlen,
    const unsigned char *salt, size_t saltlen, uint64_t n, uint64_t r,
    uint64_t p, uint64_t maxmem, unsigned char *key, size_t keylen)
{
	scrypt_called();
	return __real_EVP_PBE_scrypt(
	    pass, passlen, salt, saltlen, n, r, p, maxmem, key, keylen);
}

#endif
