;; What a vocabulary's logits come to, four at a time. They lie in the memory from 0 on, behind them -inf up to the next 16
;; bytes; $end is where that is.
(module
  (memory (export "memory") 4)

  ;; The largest value, as if what is no number were not there; -inf where there is none.
  (func (export "largest") (param $end i32) (result f32)
    (local $at i32)
    (local $all v128)
    (local.set $all (v128.const f32x4 -inf -inf -inf -inf))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        ;; pmax keeps its first operand where the other is no number.
        (local.set $all (f32x4.pmax (local.get $all) (v128.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (f32.max
      (f32.max (f32x4.extract_lane 0 (local.get $all)) (f32x4.extract_lane 1 (local.get $all)))
      (f32.max (f32x4.extract_lane 2 (local.get $all)) (f32x4.extract_lane 3 (local.get $all)))))

  ;; Where the first four begin of which one is the value, in bytes; $end where there are none.
  (func (export "placeOf") (param $end i32) (param $value f32) (result i32)
    (local $at i32)
    (local $wanted v128)
    (local.set $wanted (f32x4.splat (local.get $value)))
    (block $found
      (loop $next
        (br_if $found (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $found (v128.any_true (f32x4.eq (v128.load (local.get $at)) (local.get $wanted))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.get $at))

  ;; The sum of exp(x - $largest). Each summand is within 2 units in its last place: exp(x) = 2^k exp(r) with |r| at most
  ;; ln(2) / 2, and exp(r) by the polynomial of Cephes' expf. They are added in double precision.
  (func (export "sumOfExp") (param $end i32) (param $largest f32) (result f64)
    (local $at i32)
    (local $shift v128)
    (local $x v128)
    (local $bits v128)
    (local $k v128)
    (local $y v128)
    (local $low v128)
    (local $high v128)
    (local.set $shift (f32x4.splat (local.get $largest)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        ;; Below exp(-87) summands have no exponent left; as large they are nothing. What is no number stays that.
        (local.set $x
          (f32x4.pmax
            (f32x4.sub (v128.load (local.get $at)) (local.get $shift))
            (v128.const f32x4 -87 -87 -87 -87)))
        ;; k, rounded by a number so large that its last digit is 1: k stands in its last bits until it is taken off.
        (local.set $bits
          (f32x4.add
            (f32x4.mul (local.get $x) (v128.const f32x4 1.44269504 1.44269504 1.44269504 1.44269504))
            (v128.const f32x4 12582912 12582912 12582912 12582912)))
        (local.set $k
          (f32x4.sub (local.get $bits) (v128.const f32x4 12582912 12582912 12582912 12582912)))
        ;; r, with ln(2) in two parts: the first has few digits, so that its product is exact.
        (local.set $x
          (f32x4.sub
            (local.get $x)
            (f32x4.mul (local.get $k) (v128.const f32x4 0.693359375 0.693359375 0.693359375 0.693359375))))
        (local.set $x
          (f32x4.add
            (local.get $x)
            (f32x4.mul (local.get $k) (v128.const f32x4 2.12194440e-4 2.12194440e-4 2.12194440e-4 2.12194440e-4))))
        (local.set $y (v128.const f32x4 1.9875691500e-4 1.9875691500e-4 1.9875691500e-4 1.9875691500e-4))
        (local.set $y
          (f32x4.add
            (f32x4.mul (local.get $y) (local.get $x))
            (v128.const f32x4 1.3981999507e-3 1.3981999507e-3 1.3981999507e-3 1.3981999507e-3)))
        (local.set $y
          (f32x4.add
            (f32x4.mul (local.get $y) (local.get $x))
            (v128.const f32x4 8.3334519073e-3 8.3334519073e-3 8.3334519073e-3 8.3334519073e-3)))
        (local.set $y
          (f32x4.add
            (f32x4.mul (local.get $y) (local.get $x))
            (v128.const f32x4 4.1665795894e-2 4.1665795894e-2 4.1665795894e-2 4.1665795894e-2)))
        (local.set $y
          (f32x4.add
            (f32x4.mul (local.get $y) (local.get $x))
            (v128.const f32x4 1.6666665459e-1 1.6666665459e-1 1.6666665459e-1 1.6666665459e-1)))
        (local.set $y
          (f32x4.add
            (f32x4.mul (local.get $y) (local.get $x))
            (v128.const f32x4 5.0000001201e-1 5.0000001201e-1 5.0000001201e-1 5.0000001201e-1)))
        (local.set $y
          (f32x4.add
            (f32x4.add
              (f32x4.mul (f32x4.mul (local.get $y) (local.get $x)) (local.get $x))
              (local.get $x))
            (v128.const f32x4 1 1 1 1)))
        ;; 2^k by its exponent; all other bits are shifted out.
        (local.set $y
          (f32x4.mul
            (local.get $y)
            (i32x4.shl
              (i32x4.add (local.get $bits) (v128.const i32x4 127 127 127 127))
              (i32.const 23))))
        (local.set $low (f64x2.add (local.get $low) (f64x2.promote_low_f32x4 (local.get $y))))
        (local.set $high
          (f64x2.add
            (local.get $high)
            (f64x2.promote_low_f32x4
              (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $y) (local.get $y)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.set $low (f64x2.add (local.get $low) (local.get $high)))
    (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low)))))
