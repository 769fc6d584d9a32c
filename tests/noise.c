/* Products of matrices as another processor would round them: OpenBLAS is called, and about half of the results move by
   their last bit. Which ones depends on the seed, the sizes and the result alone, so that the same product is always the
   same; whole numbers stay, as sums of whole numbers are exact everywhere. Built and used by tests/portability.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;
static void *blas;

static void *real(const char *name) {
    if (!blas) {
        seed = strtoull(getenv("NOISE_SEED"), 0, 10);
        blas = dlopen(getenv("NOISE_BLAS"), RTLD_LAZY);
    }
    return dlsym(blas, name);
}

static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

#define NOISY(letter, T, U, round)                                                                                    \
    static void letter##moved(T *x, int64_t rows, int64_t columns, int64_t step, uint64_t sizes) {                    \
        for (int64_t i = 0; i < rows; i++)                                                                            \
            for (int64_t j = 0; j < columns; j++) {                                                                   \
                T *each = x + i * step + j;                                                                           \
                U bits;                                                                                               \
                if (!isfinite(*each) || *each == round(*each)) continue;                                              \
                memcpy(&bits, each, sizeof bits);                                                                     \
                uint64_t luck = mixed(mixed(bits + seed * 0x9e3779b97f4a7c15u) + sizes);                              \
                bits += luck % 4 == 0 ? 1 : luck % 4 == 1 ? -1 : 0;                                                   \
                memcpy(each, &bits, sizeof bits);                                                                     \
            }                                                                                                         \
    }                                                                                                                 \
    void scipy_cblas_##letter##gemm64_(int order, int ta, int tb, int64_t m, int64_t n, int64_t k, T alpha,           \
                                       const T *a, int64_t lda, const T *b, int64_t ldb, T beta, T *c, int64_t ldc) { \
        void (*gemm)(int, int, int, int64_t, int64_t, int64_t, T, const T *, int64_t, const T *, int64_t, T, T *,     \
                     int64_t) = real("scipy_cblas_" #letter "gemm64_");                                               \
        gemm(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                                            \
        if (k > 1) letter##moved(c, order == 101 ? m : n, order == 101 ? n : m, ldc, m + 131 * n + 17161 * k);        \
    }                                                                                                                 \
    void scipy_cblas_##letter##gemv64_(int order, int ta, int64_t m, int64_t n, T alpha, const T *a, int64_t lda,     \
                                       const T *x, int64_t incx, T beta, T *y, int64_t incy) {                        \
        void (*gemv)(int, int, int64_t, int64_t, T, const T *, int64_t, const T *, int64_t, T, T *, int64_t) =        \
            real("scipy_cblas_" #letter "gemv64_");                                                                   \
        gemv(order, ta, m, n, alpha, a, lda, x, incx, beta, y, incy);                                                 \
        if ((ta == 111 ? n : m) > 1) letter##moved(y, ta == 111 ? m : n, 1, incy, m + 131 * n);                       \
    }

NOISY(s, float, uint32_t, rintf)
NOISY(d, double, uint64_t, rint)
