"""The LMS method: tables of L, M and S, z-scores, and the convention of lying and standing."""
