import unittest
from decimal import Decimal

import rates


class Conversion(unittest.TestCase):
    def test_rates_apply(self):
        self.assertEqual(rates.convert(Decimal(10), "USD", {"USD": Decimal("0.9")}), Decimal("9.00"))

    def test_unknown_currency(self):
        with self.assertRaises(ValueError):
            rates.convert(Decimal(10), "XXX", {})


if __name__ == "__main__":
    unittest.main()
