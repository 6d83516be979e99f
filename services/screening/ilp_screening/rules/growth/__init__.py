"""Child growth by the WHO LMS method: age and posture, z-scores, indicators and their categories."""
